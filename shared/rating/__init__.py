"""What a rating of a video is, and the raters that make one."""
