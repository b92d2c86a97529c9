"""The gateway: configuration, pipeline and command line around the other three packages."""
