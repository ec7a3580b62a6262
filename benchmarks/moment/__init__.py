"""The moment in worlds whose truth is known: who leaves, and whether the estimate notices."""
