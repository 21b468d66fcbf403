"""How a look inside an object is laid out: one page a shape, and the area that holds them."""
