// The Go server that Roomtone took the place of: go-socket.io, PSUBSCRIBE *, one broadcast after another.
//
// Two things differ from it: more than its 1,000 connections are allowed, and a join is answered, so that the
// load client knows when to begin.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"

	socketio "github.com/googollee/go-socket.io"
	"github.com/redis/go-redis/v9"
)

const mostConnections = 20000

func main() {
	address := flag.String("listen", "127.0.0.1:8000", "where the server listens")
	redisAddress := flag.String("redis", "127.0.0.1:6379", "where Redis listens")
	flag.Parse()

	server, err := socketio.NewServer(nil)
	check(err)
	server.SetMaxConnection(mostConnections)
	check(server.On("connection", welcome))
	go relay(server, *redisAddress)
	http.Handle("/socket.io/", server)
	check(http.ListenAndServe(*address, nil))
}

func welcome(socket socketio.Socket) {
	err := socket.On("channel", func(room string) string {
		check(socket.Join(room))
		return room
	})
	check(err)
}

func relay(server *socketio.Server, address string) {
	client := redis.NewClient(&redis.Options{Addr: address})
	for message := range client.PSubscribe(context.Background(), "*").Channel() {
		log.Printf("%s: %s", message.Channel, message.Payload)
		server.BroadcastTo(message.Channel, "message", message.Payload)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
