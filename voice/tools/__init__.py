"""What the model may call. One file a subject, one explicit tuple (`registry`), one executor."""
