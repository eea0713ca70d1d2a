"""The operator's drill of rooms: every fault once, under a numbered publisher, in the running deployment.

What it may touch is its own: a namespace `drill-<random>` with all keys and channels in it (`scratch`), and
child processes with a database of their own (`stage`, `child`) that reach Redis through doors that can be
shut (`relay`). Its messages go through the same Redis, but on channels that begin with byte 0x01, which
every bridge leaves out; only the drill's own two bridges (`runbridge --scratch`) take them for rooms.

`faults` breaks things, `watcher` and `publisher` are the two ends, `verdict` judges, `report` shows, `drill`
puts them together and clears up.
"""
