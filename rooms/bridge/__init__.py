"""The bridge: hears raw PUBLISH and gives each message its place. One leads, any number stand by.

`ring` numbers what is heard, `feed` is the link that hears, `lease` says who leads, `leading` registers,
`bridge` puts them together, `state` tells others how it goes.
"""
