"""How videos come in from TikTok: standing queries, the Research API, media files."""
