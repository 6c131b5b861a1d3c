package freeport

import (
	"net"
	"strconv"
	"testing"
)

func TestFind(t *testing.T) {
	port, err := Find(3)
	if err != nil {
		t.Fatal(err)
	}
	if port < first || port+2 >= last {
		t.Errorf("got %d", port)
	}
	for i := range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+i))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	for i := range 3 { // each of them is taken now
		if areFree(port, 3) || areFree(port+i, 1) {
			t.Errorf("port %d is taken", port+i)
		}
	}
}
