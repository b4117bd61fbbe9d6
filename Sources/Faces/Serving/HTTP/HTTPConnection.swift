import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection's pipeline: HTTP/1.1 and HTTP/1.0, kept alive as long as both sides agree.
struct HTTPConnection: HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let messages: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        let peer: Peer
        var channel: any Channel { messages.channel }
    }

    let responder: Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let (pipeline, peer) = (channel.pipeline.syncOperations, Peer(channel))
            // Requests one after another are held back by the channel's own reading.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false)
            try pipeline.addHandler(ConnectionHandler(peer: peer))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
            let messages = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            return Value(messages: messages, peer: peer)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await Peer.$current.withValue(value.peer) {
            await handleHTTP(asyncChannel: value.messages, logger: logger)
        }
    }
}

/// Speaks each request's version of HTTP, sees when the client ends its side, and closes connections that are to end.
private final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let peer: Peer
    private var version = HTTPVersion.http1_1
    /// Whether that is HTTP/1.0.
    private var isOld = false
    private var keepsAlive = true
    private var isLast = false

    /// How long a client may take to read the rest before its connection is closed altogether.
    private static let lingering = TimeAmount.seconds(2)

    init(peer: Peer) { self.peer = peer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        if case .head(var head) = part {
            (version, keepsAlive) = (head.version, head.isKeepAlive)
            isOld = version.major == 1 && version.minor == 0
            peer.takesInterimResponses = !isOld
            // What reads requests knows no other versions, where connections live on unless this stands there.
            if !keepsAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
            part = .head(head)
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            if isOld {
                head.version = version
                // The end of such a body is the end of the connection.
                if !head.headers.contains(name: "content-length"), head.status.mayHaveResponseBody {
                    keepsAlive = false
                }
                head.headers.replaceOrAdd(name: "connection", value: keepsAlive ? "keep-alive" : "close")
            }
            if !keepsAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
            isLast = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end(let trailers) where isLast:
            context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: promise)
            context.close(mode: .output, promise: nil)
            let channel = context.channel
            context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
        case let part: context.write(wrapOutboundOut(part), promise: promise)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { peer.endInput() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close()
        context.fireChannelInactive()
    }
}
