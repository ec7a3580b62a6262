"""Long work that runs beside the lake, as a job of Cloud Run."""
