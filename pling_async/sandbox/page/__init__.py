"""The sandbox's page: what the stores hold, what was asked, what the last replace did, and what goes wrong on purpose.

It is made of plain forms and has no script. Only this machine sees it, and only its own forms can change anything.
"""
