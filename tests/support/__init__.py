"""What several test modules share: small networks, photographs, data sets, servers."""
