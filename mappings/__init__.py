"""How one format becomes another: the map YAML, its compiler, and the maps that ship."""
