"""Tools that are one HTTP request made in the admin: what is sent, sending it, what the model is told."""
