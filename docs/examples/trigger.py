# For master.cfg of Buildbot 2.9 or later: starts the workflow soon after build requests arrive.
# The workflow needs "repository_dispatch: { types: [build-requests] }" under "on".
from buildbot.plugins import reporters
from twisted.internet import defer, reactor
from twisted.python import log


class Trigger(reporters.HttpStatusPush):
    """One call for all build requests that arrive within some seconds."""

    name = "aws-watch-pending-trigger"
    seconds = 15
    timer = None

    def sendMessage(self, reports):
        if self.timer is None:
            self.timer = reactor.callLater(self.seconds, self.send)

    @defer.inlineCallbacks
    def send(self):
        self.timer = None
        try:
            response = yield self._http.post("", json={"event_type": "build-requests"})
            if response.code // 100 != 2:
                log.msg(f"aws-watch-pending was not triggered: HTTP {response.code}")
        except Exception as error:
            # The next schedule serves what a lost trigger would have.
            log.msg(f"aws-watch-pending was not triggered: {error}")


def trigger(url, token):
    """For c["services"]. The URL ends with /repos/OWNER/REPOSITORY/dispatches."""
    return Trigger(
        serverUrl=url,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "User-Agent": "buildbot",
        },
        generators=[reporters.BuildRequestGenerator()],
    )
