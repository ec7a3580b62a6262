"""What psychology knows of surprise, as short cited cards, and how the fitting ones are found."""
