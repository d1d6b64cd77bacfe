"""What the analyses found, as tables of the terminal."""
