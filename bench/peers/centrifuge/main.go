// Centrifuge, the library that Centrifugo is built on, with its Redis broker, history and recovery on.
//
// Two roles, as ours: `server` holds the sockets; `bridge` hears plain PUBLISH and publishes it with history.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"hash/fnv"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/redis/rueidis"
)

const (
	historySize = 1000
	historyTTL  = 24 * time.Hour
	// One worker keeps a room's order; several share one pipeline to Redis.
	workers  = 16
	tryAgain = 50 * time.Millisecond
)

func main() {
	role := flag.String("role", "server", "server or bridge")
	address := flag.String("listen", "127.0.0.1:8000", "where the server listens")
	redis := flag.String("redis", "127.0.0.1:6379", "where Redis listens")
	flag.Parse()

	node := newNode(*redis)
	if *role == "bridge" {
		bridge(node, *redis)
		return
	}
	serve(node, *address)
}

func newNode(redis string) *centrifuge.Node {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelError})
	check(err)
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: redis})
	check(err)
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{
		Shards: []*centrifuge.RedisShard{shard},
	})
	check(err)
	node.SetBroker(broker)
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "bench"}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(event centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{
				EnableRecovery: true, EnablePositioning: true,
			}}, nil)
		})
	})
	check(node.Run())
	return node
}

func serve(node *centrifuge.Node, address string) {
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	log.Fatal(http.ListenAndServe(address, nil))
}

func bridge(node *centrifuge.Node, redis string) {
	queues := make([]chan rueidis.PubSubMessage, workers)
	for i := range queues {
		queues[i] = make(chan rueidis.PubSubMessage, 4096)
		go publishAll(node, queues[i])
	}
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{redis}, DisableCache: true})
	check(err)
	for {
		err := client.Receive(context.Background(), client.B().Psubscribe().Pattern("*").Build(),
			func(message rueidis.PubSubMessage) {
				if !strings.HasPrefix(message.Channel, "centrifuge") {
					queues[queueOf(message.Channel)] <- message
				}
			})
		log.Print(err)
		time.Sleep(tryAgain)
	}
}

func queueOf(channel string) uint32 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(channel))
	return hash.Sum32() % workers
}

func publishAll(node *centrifuge.Node, queue <-chan rueidis.PubSubMessage) {
	for message := range queue {
		data, err := json.Marshal(message.Message)
		check(err)
		_, err = node.Publish(message.Channel, data, centrifuge.WithHistory(historySize, historyTTL))
		if err != nil {
			log.Print(err)
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
