"""Files in and out: the dealership and its bookings as YAML and CSV. All of a file is taken, or nothing."""
