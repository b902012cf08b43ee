"""demoshop town"""
