"""An independent reference: single students in SimPy, written from docs/model.md alone (nothing of skillsim is imported)."""
