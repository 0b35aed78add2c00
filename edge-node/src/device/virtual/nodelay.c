/*
 * Preloaded into pcscd: vpcd writes a message's length and its body separately, and Nagle's algorithm with delayed
 * ACKs makes that 44 ms an exchange. Every TCP socket that is accepted here sends at once.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

typedef int (*accept_function)(int, struct sockaddr *, socklen_t *);

int accept(int listening, struct sockaddr *address, socklen_t *length) {
  accept_function real = (accept_function)dlsym(RTLD_NEXT, "accept");
  int socket = real(listening, address, length);
  int on = 1;
  /* Refused by sockets that are not TCP, pcscd's own among them; that is fine. */
  if (socket >= 0) setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}
