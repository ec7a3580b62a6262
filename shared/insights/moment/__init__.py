"""The moment: who leaves at a second of a video, and who stays because of what happens there."""
