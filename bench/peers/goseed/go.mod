module roomtone-bench-goseed

go 1.26.0

require (
	github.com/googollee/go-socket.io v1.0.1
	github.com/redis/go-redis/v9 v9.23.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/googollee/go-engine.io v1.0.1 // indirect
	github.com/gorilla/websocket v1.4.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)
