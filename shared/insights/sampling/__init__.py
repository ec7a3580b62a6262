"""Drawing videos with known probabilities for people to rate, and weighing what they rated."""
