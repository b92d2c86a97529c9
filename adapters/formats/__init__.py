"""Codecs from bytes to a tree and back, found through the entry points `sdoh_gateway.formats`."""
