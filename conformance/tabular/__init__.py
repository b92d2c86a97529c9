"""Tables of other people's making: kinds of exports, what their cells mean, and what is wrong with them."""
