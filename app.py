"""The page, for ``streamlit run app.py``; ``skillsim app`` starts the same."""

import streamlit as st

from skillsim.pages.server import SCRIPT, front

app = st.App(SCRIPT, **front())
