"""Indicators of the dealer: figures for a store and a period, what is behind them, and what staff enter by hand."""
