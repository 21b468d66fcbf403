"""What sound and film files say about themselves: container, length, size, codecs, tags. Nothing of them is played.

The parsers read by range and bounded (`content.Ranged`): whatever a file claims, a look at it costs a few thousand
small reads at most. On nonsense they raise what unpacking it raises, and what they found until then counts.
"""
