"""The moment: who leaves at a second of a video, and who stays after what happens there."""
