"""How data comes in and goes out: formats (codecs), transports, destinations."""
