"""Worlds of many raters: what choosing one of them claims, and what their joint verdict does."""
