import Foundation
import NIOCore
import NIOHTTP1
import SDKRelay
import StructuredBridge
import Synchronization
import XMLSecurity

/// One connection of a test register.
final class TestNavetSession: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private static let largestQuestion = 100_000
  private let box: TestNavet.Box
  private var body: [UInt8] = []

  init(_ box: TestNavet.Box) { self.box = box }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: body = []
    case .body(let bytes):
      guard body.count + bytes.readableBytes <= Self.largestQuestion else { return context.close(promise: nil) }
      body += bytes.readableBytesView
    case .end:
      guard let (status, type, bytes) = box.answer(body) else { return }
      let headers: HTTPHeaders = ["Content-Type": type, "Content-Length": "\(bytes.count)"]
      let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension TestNavet.Box {
  /// Nil for no answer at all.
  func answer(_ question: [UInt8]) -> (HTTPResponseStatus, String, [UInt8])? {
    let soap = NavetNames.contentType
    let asked = try? XMLElement.parse(question, limits: .soap).child(NavetNames.body)?.child(NavetNames.question)
    guard let asked, let number = asked.child(NavetNames.asked)?.text,
      let order = asked.child(NavetNames.order)?.child(NavetNames.orderID)?.text
    else { return (.internalServerError, soap, Self.fault("the question is none")) }
    let (conduct, marks) = content.withLock { content in
      content.asked.append(number)
      content.orders.append(order)
      let conduct = content.conducts.isEmpty ? content.usual : content.conducts.removeFirst()
      return (conduct, content.persons[number])
    }
    switch conduct {
    case .silent: return nil
    case .fault: return (.internalServerError, soap, Self.fault("no such person: \(number)"))
    case .webPage: return (.ok, "text/html", Array("<html><body>\(number)</body></html>".utf8))
    case .unavailable: return (.serviceUnavailable, "text/plain", Array("later".utf8))
    default: break
    }
    guard let marks else { return (.internalServerError, soap, Self.fault("no such person: \(number)")) }
    return (.ok, soap, Self.message(posts(number, marks, conduct), isTyped: conduct == .documentType))
  }

  private func posts(_ number: String, _ marks: (Bool, Bool), _ conduct: TestNavetConduct) -> String {
    func mark(_ isSet: Bool, _ name: String) -> String {
      if conduct == .unknownMark { return "<\(name)>KANSKE</\(name)>" }
      return isSet ? "<\(name)>J</\(name)>" : ""
    }
    let shown = conduct == .otherPerson ? "191212121212" : number
    let reference = conduct == .replaced ? "<HanvisningsPersonNr>191212121212</HanvisningsPersonNr>" : ""
    let padding = conduct == .tooLarge ? String(repeating: " ", count: 600_000) : ""
    let post = """
      <Folkbokforingspost>\(mark(marks.0, "Sekretessmarkering"))\(mark(marks.1, "SkyddadFolkbokforing"))\
      <Personpost><PersonId><PersonNr>\(shown)</PersonNr></PersonId>\(reference)\(padding)</Personpost></Folkbokforingspost>
      """
    return conduct == .several ? post + post : post
  }

  private static func message(_ posts: String, isTyped: Bool) -> [UInt8] {
    let type = isTyped ? "<!DOCTYPE a [<!ENTITY b \"c\">]>" : ""
    return Array(
      """
      <?xml version="1.0" encoding="UTF-8"?>\(type)
      <S:Envelope xmlns:S="\(NavetNames.soap)"><S:Body><ns0:PersonpostXMLResponse xmlns:ns0="\(NavetNames.data)">\
      <ns0:Folkbokforingsposter>\(posts)</ns0:Folkbokforingsposter></ns0:PersonpostXMLResponse></S:Body></S:Envelope>
      """.utf8)
  }

  private static func fault(_ sentence: String) -> [UInt8] {
    Array(
      """
      <S:Envelope xmlns:S="\(NavetNames.soap)"><S:Body><S:Fault><faultcode>S:Server</faultcode>\
      <faultstring>\(sentence)</faultstring></S:Fault></S:Body></S:Envelope>
      """.utf8)
  }
}
