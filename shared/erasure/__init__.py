"""Taking a video or a creator out of everything that is kept, and proving that it is out."""
