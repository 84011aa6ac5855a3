import AsyncHTTPClient
public import Foundation
import NIOCore
import NIOHTTP1
public import SDKRelay
import Synchronization

/// The population register over the network, as Navet is asked: a question a person, a few at once.
///
/// Who cannot be told of has no answer and grows old; the others' answers count. Only where nobody can be told of is it an
/// error. Nothing of a question or an answer stands in a problem.
public final class NavetRegister: PopulationRegister {
  private let settings: NavetSettings
  private let client: HTTPClient

  /// In bytes. An answer is one person's record.
  static let largestAnswer = 500_000

  /// Opens no connection yet.
  public init(_ settings: NavetSettings) throws(TLSProblem) {
    self.settings = settings
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: TLSProfile.client(try TLSIdentity(settings.identity), servers: settings.authorities),
      redirectConfiguration: .disallow,
      timeout: .init(
        connect: TimeAmount(settings.connectTime), read: TimeAmount(settings.totalTime),
        write: TimeAmount(settings.totalTime)), decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  deinit {
    // The library demands it. Nothing waits for the outcome.
    client.shutdown { _ in }
  }

  public func protection(
    of numbers: [PersonIdentityNumber], for tenant: ParticipantID, at now: Date
  ) async throws -> [PersonIdentityNumber: Protection] {
    guard let order = settings.orders.first(where: { $0.organisation == tenant }) else {
      throw PopulationRegisterProblem(description: "the settings name no order of \(tenant)")
    }
    var found: [PersonIdentityNumber: Protection] = [:]
    var problems: [String: Int] = [:]
    await withTaskGroup(of: (PersonIdentityNumber, Result<Protection, PopulationRegisterProblem>).self) { group in
      var rest = numbers[...]
      func ask() {
        guard let number = rest.popFirst() else { return }
        group.addTask { (number, await self.answer(about: number, order, at: now)) }
      }
      for _ in 0..<settings.atOnce { ask() }
      for await (number, result) in group {
        switch result {
        case .success(let protection): found[number] = protection
        case .failure(let problem): problems[problem.description, default: 0] += 1
        }
        // A register that is down is not asked about everybody.
        if found.isEmpty, problems.values.reduce(0, +) >= Self.patience { rest = [] }
        ask()
      }
    }
    if found.isEmpty, let problem = problems.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
      throw PopulationRegisterProblem(description: "\(problem.value) × \(problem.key)")
    }
    return found
  }

  /// So many failures before the first answer are enough.
  private static let patience = 5

  private func answer(
    about number: PersonIdentityNumber, _ order: NavetSettings.Order, at now: Date
  ) async -> Result<Protection, PopulationRegisterProblem> {
    do throws(PopulationRegisterProblem) {
      let bytes = try await ask(NavetMessage.question(number, order))
      return .success(try NavetMessage.protection(in: bytes, of: number, checked: now))
    } catch {
      return .failure(error)
    }
  }

  private func ask(_ question: [UInt8]) async throws(PopulationRegisterProblem) -> [UInt8] {
    var request = HTTPClientRequest(url: settings.url.absoluteString)
    request.method = .POST
    request.headers = ["Content-Type": NavetNames.contentType, NavetNames.action.0: NavetNames.action.1]
    request.body = .bytes(question)
    do {
      let answer = try await client.execute(request, deadline: .now() + TimeAmount(settings.totalTime))
      var bytes: [UInt8] = []
      for try await piece in answer.body {
        guard bytes.count + piece.readableBytes <= Self.largestAnswer else {
          throw PopulationRegisterProblem(description: "the answer is larger than any")
        }
        bytes += piece.readableBytesView
      }
      let type = answer.headers.first(name: "Content-Type")?.lowercased() ?? ""
      // SOAP 1.1 answers a fault with 500.
      guard answer.status == .ok || answer.status == .internalServerError, type.hasPrefix("text/xml") else {
        throw PopulationRegisterProblem(description: "HTTP \(answer.status.code) and no SOAP message")
      }
      return bytes
    } catch let problem as PopulationRegisterProblem {
      throw problem
    } catch {
      throw PopulationRegisterProblem(description: "no answer: \(TransportProblem(error))")
    }
  }
}
