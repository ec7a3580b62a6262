"""How often the intervals of shared/insights hold a planted, so known, value."""
