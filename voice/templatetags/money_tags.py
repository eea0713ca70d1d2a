"""`voice.money_words` for templates."""

from django import template

from voice.money_words import cost_words, grouped, money

register = template.Library()
register.filter("money", money)
register.filter("grouped", grouped)
register.filter("cost_words", cost_words)
