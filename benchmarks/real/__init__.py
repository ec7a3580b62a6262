"""The signals rater on real footage that packages ship. Tuning and test clips are kept apart."""
