"""As wrong.py, of the case ok-async."""

from notes import Author, Note


async def wrong() -> None:
    Note(text="x")  # wrong
    await Note.create(text="x", author="a", refresh="later")  # wrong
    await Note.find_by(tetx="x")  # wrong
    print(Note.find_by(text="x").total)  # wrong
    print(Note.get("x").text)  # wrong
    for note in Note.scan():  # wrong
        print(note)
    await Note.scan()  # wrong
    await Note.get("x").save()  # wrong
    Author(slug="kit")
