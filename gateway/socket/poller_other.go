//go:build !linux

package socket

import "errors"

// poller would tell which of many sockets can be read.
type poller struct{}

func newPoller() (*poller, error) { return nil, errors.ErrUnsupported }

func (*poller) watch(int) error      { return errors.ErrUnsupported }
func (*poller) wait() ([]int, error) { return nil, errors.ErrUnsupported }
func (*poller) close()               {}
