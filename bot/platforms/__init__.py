"""The chat platforms, strangers to one another; `port` is what each of them offers."""
