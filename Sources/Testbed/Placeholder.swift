enum PlaceholderTestbed {}
