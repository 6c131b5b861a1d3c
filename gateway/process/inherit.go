package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"

	"trunkline/gateway/socket"
)

// inheritance is what a successor takes over from its predecessor.
type inheritance struct {
	from      *net.UnixConn
	addresses []socket.Address // of the sockets
}

// Inherit finds out whether the process is a successor.
func (p *Process) Inherit() error {
	described, ok := os.LookupEnv(successorVariable)
	if !ok {
		return nil
	}
	if err := os.Unsetenv(successorVariable); err != nil { // it is not for successors of this process
		return fmt.Errorf("%s: %w", successorVariable, err)
	}
	var i inheritance
	if err := json.Unmarshal([]byte(described), &i.addresses); err != nil {
		return fmt.Errorf("%s: %w", successorVariable, err)
	}
	var err error
	if i.from, err = unixConn(successorFile); err != nil {
		return fmt.Errorf("%s: %w", successorVariable, err)
	}
	p.inherited = &i
	p.service.inherit()
	return nil
}

// has reports whether a socket with this address will be taken over.
func (i *inheritance) has(address *socket.Address) bool {
	return i != nil && slices.Contains(i.addresses, *address)
}

// takeOver tells the predecessor that this process is ready, and returns its sockets, in the order of their addresses.
// It fails if the predecessor does not wait any more, or ctx ends.
func (i *inheritance) takeOver(ctx context.Context) ([]net.Listener, error) {
	defer func() { _ = i.from.Close() }()
	defer context.AfterFunc(ctx, func() { _ = i.from.Close() })()
	if _, err := i.from.Write([]byte{1}); err != nil {
		return nil, fmt.Errorf("taking over: %w", err)
	}
	return socket.Receive(i.from, i.addresses)
}

// openAPI opens the API's socket. A successor takes it over, with the one of the admin server, when all else is done.
func (p *Process) openAPI(ctx context.Context, address *socket.Address) (net.Listener, error) {
	if p.inherited == nil {
		return p.sockets.listen(ctx, address)
	}
	var api net.Listener
	if !p.inherited.has(address) {
		var err error
		if api, err = p.sockets.listen(ctx, address); err != nil {
			return nil, err
		}
	}
	listeners, err := p.inherited.takeOver(ctx)
	if err != nil {
		return nil, err
	}
	admin := p.adminAddress()
	for i, ln := range listeners {
		switch taken := p.inherited.addresses[i]; taken {
		case *address:
			api = ln
			p.sockets.add(ln, address)
		case admin:
			p.sockets.addAdmin(ln, &admin)
			p.serveAdmin(ln)
		default: // the configuration has changed
			err = errors.Join(err, ln.Close())
		}
	}
	return api, err
}

// sockets are the listening sockets of the process. It is safe for concurrent use.
type sockets struct {
	mu        sync.Mutex
	listeners []net.Listener
	addresses []socket.Address
	admin     net.Listener // one of them, or nil
}

// listen opens a socket.
func (s *sockets) listen(ctx context.Context, address *socket.Address) (net.Listener, error) {
	ln, err := address.Listen(ctx)
	if err == nil {
		s.add(ln, address)
	}
	return ln, err
}

func (s *sockets) add(ln net.Listener, address *socket.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners, s.addresses = append(s.listeners, ln), append(s.addresses, *address)
}

func (s *sockets) addAdmin(ln net.Listener, address *socket.Address) {
	s.add(ln, address)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admin = ln
}

// all returns the sockets and their addresses.
func (s *sockets) all() ([]net.Listener, []socket.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listeners), slices.Clone(s.addresses)
}

// leaveAdmin leaves the admin server's socket to another process.
func (s *sockets) leaveAdmin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin != nil {
		_ = socket.Leave(s.admin) // an error means that it is closed
	}
}
