"""skillsim"""
