"""An example of what others can bring: a format and a destination, in a distribution of their own."""
