"""Voice: live calls with an assistant, their tools and their record."""
