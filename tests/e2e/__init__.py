"""What people see, driven in a real browser on loopback."""
