"""Erase videos and creators from the lake and the tables, and prove that nothing names them."""
