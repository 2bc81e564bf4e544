"""HTTP in and out of the API: each view reads the request, calls one verb and shows its result."""
