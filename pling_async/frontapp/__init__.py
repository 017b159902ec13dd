"""The contacts of Front (frontapp.com), which has nothing to do with Front Information, the company behind Pling."""
