resource "aws_iam_role_policy" "watch_pending" {
  name = "watch-pending"
  role = aws_iam_role.watch_pending.id

  policy = <<JSON
{
	"Version": "2012-10-17",
	"Statement": [
		{
			"Sid": "Read",
			"Effect": "Allow",
			"Action": [
				"ec2:DescribeImages",
				"ec2:DescribeInstances",
				"ec2:DescribeSpotInstanceRequests",
				"ec2:DescribeSpotPriceHistory",
				"ec2:DescribeSubnets"
			],
			"Resource": "*"
		},
		{
			"Sid": "LaunchOwnInstances",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": "arn:aws:ec2:*:123456789012:instance/*",
			"Condition": {
				"StringEquals": {
					"aws:RequestTag/moz-type": [
						"bld-linux64",
						"try-linux64",
						"tst-linux64"
					],
					"aws:RequestTag/moz-state": "ready",
					"ec2:InstanceType": [
						"c6a.2xlarge",
						"c6i.2xlarge",
						"m6a.large",
						"m6i.2xlarge",
						"m6i.large"
					],
					"ec2:MetadataHttpTokens": "required",
					"ec2:Tenancy": "default"
				},
				"StringLike": {
					"aws:RequestTag/moz-created": "?*"
				},
				"ForAllValues:StringLike": {
					"aws:TagKeys": [
						"FQDN",
						"Name",
						"cost-center",
						"moz-created",
						"moz-names*",
						"moz-run-url",
						"moz-state",
						"moz-type"
					]
				},
				"ArnEqualsIfExists": {
					"ec2:InstanceProfile": [
						"arn:aws:iam::123456789012:instance-profile/bld-linux64",
						"arn:aws:iam::123456789012:instance-profile/try-linux64",
						"arn:aws:iam::123456789012:instance-profile/tst-linux64"
					]
				},
				"Null": {
					"ec2:LaunchTemplate": "true"
				}
			}
		},
		{
			"Sid": "LaunchWithOwnVolumes",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": "arn:aws:ec2:*:123456789012:volume/*",
			"Condition": {
				"StringEquals": {
					"aws:RequestTag/moz-type": [
						"bld-linux64",
						"try-linux64",
						"tst-linux64"
					],
					"aws:RequestTag/moz-state": "ready",
					"ec2:VolumeType": "gp3"
				},
				"StringLike": {
					"aws:RequestTag/moz-created": "?*"
				},
				"ForAllValues:StringLike": {
					"aws:TagKeys": [
						"FQDN",
						"Name",
						"cost-center",
						"moz-created",
						"moz-names*",
						"moz-run-url",
						"moz-state",
						"moz-type"
					]
				},
				"NumericLessThanEquals": {
					"ec2:VolumeSize": "120"
				}
			}
		},
		{
			"Sid": "LaunchWithOwnSpotRequests",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": "arn:aws:ec2:*:123456789012:spot-instances-request/*",
			"Condition": {
				"StringEquals": {
					"aws:RequestTag/moz-type": [
						"bld-linux64",
						"try-linux64",
						"tst-linux64"
					],
					"aws:RequestTag/moz-state": "ready"
				},
				"StringLike": {
					"aws:RequestTag/moz-created": "?*"
				},
				"ForAllValues:StringLike": {
					"aws:TagKeys": [
						"FQDN",
						"Name",
						"cost-center",
						"moz-created",
						"moz-names*",
						"moz-run-url",
						"moz-state",
						"moz-type"
					]
				}
			}
		},
		{
			"Sid": "LaunchInListedPlaces",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": [
				"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-01a0123456789abcd",
				"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-01b0123456789abcd",
				"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-01c0123456789abcd",
				"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-02a0123456789abcd",
				"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-02b0123456789abcd",
				"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-02c0123456789abcd",
				"arn:aws:ec2:us-east-1:123456789012:security-group/sg-010123456789abcdef",
				"arn:aws:ec2:us-west-2:123456789012:security-group/sg-020123456789abcdef",
				"arn:aws:ec2:us-east-1:123456789012:key-pair/builders",
				"arn:aws:ec2:us-west-2:123456789012:key-pair/builders"
			]
		},
		{
			"Sid": "LaunchWithNewNetworkInterfaces",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": "arn:aws:ec2:*:123456789012:network-interface/*",
			"Condition": {
				"ArnEquals": {
					"ec2:Subnet": [
						"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-01a0123456789abcd",
						"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-01b0123456789abcd",
						"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-01c0123456789abcd",
						"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-02a0123456789abcd",
						"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-02b0123456789abcd",
						"arn:aws:ec2:us-west-2:123456789012:subnet/subnet-02c0123456789abcd"
					]
				}
			}
		},
		{
			"Sid": "LaunchFromListedImages",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": [
				"arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0",
				"arn:aws:ec2:us-east-1::image/ami-0123456789abcdef1",
				"arn:aws:ec2:us-west-2::image/ami-0123456789abcdef0",
				"arn:aws:ec2:us-west-2::image/ami-0123456789abcdef1"
			]
		},
		{
			"Sid": "LaunchFromOwnTaggedImages",
			"Effect": "Allow",
			"Action": "ec2:RunInstances",
			"Resource": "arn:aws:ec2:*::image/*",
			"Condition": {
				"StringEquals": {
					"ec2:Owner": "123456789012",
					"aws:ResourceTag/moz-type": [
						"bld-linux64",
						"try-linux64",
						"tst-linux64"
					]
				},
				"StringLike": {
					"aws:ResourceTag/Name": "spot-*"
				}
			}
		},
		{
			"Sid": "TagAtLaunch",
			"Effect": "Allow",
			"Action": "ec2:CreateTags",
			"Resource": [
				"arn:aws:ec2:*:123456789012:instance/*",
				"arn:aws:ec2:*:123456789012:volume/*",
				"arn:aws:ec2:*:123456789012:spot-instances-request/*"
			],
			"Condition": {
				"StringEquals": {
					"ec2:CreateAction": "RunInstances"
				},
				"ForAllValues:StringLike": {
					"aws:TagKeys": [
						"FQDN",
						"Name",
						"cost-center",
						"moz-created",
						"moz-names*",
						"moz-run-url",
						"moz-state",
						"moz-type"
					]
				}
			}
		},
		{
			"Sid": "NameOwnInstances",
			"Effect": "Allow",
			"Action": "ec2:CreateTags",
			"Resource": "arn:aws:ec2:*:123456789012:instance/*",
			"Condition": {
				"StringLike": {
					"aws:ResourceTag/moz-created": "?*"
				},
				"ForAllValues:StringEquals": {
					"aws:TagKeys": [
						"FQDN",
						"Name"
					]
				},
				"Null": {
					"aws:TagKeys": "false"
				}
			}
		},
		{
			"Sid": "PassListedRoles",
			"Effect": "Allow",
			"Action": "iam:PassRole",
			"Resource": [
				"arn:aws:iam::123456789012:role/bld-linux64",
				"arn:aws:iam::123456789012:role/try-linux64",
				"arn:aws:iam::123456789012:role/tst-linux64"
			],
			"Condition": {
				"StringEquals": {
					"iam:PassedToService": "ec2.amazonaws.com"
				}
			}
		}
	]
}
JSON
}
