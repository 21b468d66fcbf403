"""Changes that other programs make in the storage folder: heard of, verified, taken in or reported.

What the system tells is a hint to look at a key and nothing more: the engine itself renames files there all the time,
in this process and in others. What counts is what the row says and what the file is, both looked at again under the
write lock before anything is written.

`watcher` is the thread and the entrance; `hints` is what it is told by a feed (`inotify_feed` on Linux,
`observer_feed` elsewhere); `looks` finds out what differs; `stored_file` reads a file that nobody is writing;
`settling` writes it down: `taking_in` one way, `reporting` the other, under a `guard` against lost disks.
"""
