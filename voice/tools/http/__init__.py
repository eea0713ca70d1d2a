"""Tools that are one HTTP request described in the admin: what is sent, sending it, what the model is told."""
